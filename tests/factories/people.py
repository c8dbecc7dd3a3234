from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.people import Person, Role


async def person(db: AsyncSession, name: str, role: Role, **given: Any) -> Person:
    local = name.lower().replace(" ", ".").replace("ö", "o")
    made = Person(**{"email": f"{local}@example.test", "name": name, "role": role, **given})
    db.add(made)
    await db.flush()
    return made
