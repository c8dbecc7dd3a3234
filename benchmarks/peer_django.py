"""The list of suppliers as a Django project would serve it: its ORM, its templates, its usual middleware.

Django's own driver for PostgreSQL is none of this project's packages, so it reads the same rows from a SQLite
file in the same process, which spares it every round trip to a server: a peer that is measured kindly.
"""

import hashlib
import sys
import tempfile
from datetime import date, timedelta
from typing import Any

import django
from django.apps import AppConfig
from django.conf import settings as configuration
from django.core.asgi import get_asgi_application
from django.db import connection, models
from django.db.models import Count, Q
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

SOON = timedelta(days=90)
_FOLDER = tempfile.TemporaryDirectory(prefix="django")  # gone when the process ends


class Bench(AppConfig):
    name = "peer_django"
    label = "bench"


# Django wants to be configured before the first model is written down.
configuration.configure(
    SECRET_KEY="benchmark",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=sys.modules[__name__],
    USE_TZ=True,
    DEBUG_PROPAGATE_EXCEPTIONS=True,
    INSTALLED_APPS=["peer_django.Bench"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": f"{_FOLDER.name}/bench.sqlite3",
            "CONN_MAX_AGE": None,
        }
    },
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)
django.setup()


class Row(models.Model):
    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)


class Commodity(Row):
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)

    class Meta:
        app_label = "bench"


class Supplier(Row):
    number = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200, db_index=True)
    country = models.CharField(max_length=2)
    city = models.CharField(max_length=120)
    status = models.CharField(max_length=20)
    risk = models.CharField(max_length=20)
    commodity = models.ForeignKey(Commodity, null=True, on_delete=models.PROTECT)

    class Meta:
        app_label = "bench"
        indexes = (models.Index(Lower("name"), name="supplier_lower_name"),)


class AslEntry(Row):
    supplier = models.ForeignKey(Supplier, related_name="entries", on_delete=models.CASCADE)
    status = models.CharField(max_length=20)
    valid_until_on = models.DateField(null=True)

    class Meta:
        app_label = "bench"


class Session(Row):
    token_hash = models.CharField(max_length=64, primary_key=True)
    person = models.CharField(max_length=200)

    class Meta:
        app_label = "bench"


PAGE: list[Any] = []
SHELL: dict[str, str] = {}


def make(shell: tuple[str, str], rows: str) -> Any:
    """Give the application; ``shell`` is the page before and after the rows."""
    PAGE.append(engines["django"].from_string("{{ before|safe }}" + rows + "{{ after|safe }}"))
    SHELL.update(before=shell[0], after=shell[1])
    return get_asgi_application()


def fill(found: dict[str, list[dict[str, Any]]]) -> None:
    """Make the tables and write the rows; the key of ``found`` is the model's name."""
    with connection.schema_editor() as schema:
        for model in (Commodity, Supplier, AslEntry, Session):
            schema.create_model(model)
    for model in (Commodity, Supplier, AslEntry, Session):
        model.objects.bulk_create([model(**row) for row in found[model.__name__]])
    connection.close()


def index(request: HttpRequest) -> HttpResponse:
    today = date.today()  # noqa: DTZ011 # what a project without our clock would write
    token = request.COOKIES.get("token", "")
    Session.objects.get(token_hash=hashlib.sha256(token.encode()).hexdigest())
    query = Supplier.objects.select_related("commodity").prefetch_related("entries")
    suppliers = list(query.order_by(Lower("name"), "id")[:50])
    for each in suppliers:
        each.standing, each.tone, each.icon = standing(list(each.entries.all()), today)
    Supplier.objects.aggregate(
        all=Count("pk"),
        high=Count("pk", filter=Q(risk="high")),
        on_hold=Count("pk", filter=Q(status="on_hold")),
    )
    AslEntry.objects.aggregate(
        expired=Count("supplier", filter=Q(valid_until_on__lt=today), distinct=True),
        ending=Count("supplier", filter=Q(valid_until_on__range=(today, today + SOON)), distinct=True),
    )
    Supplier.objects.filter(entries=None).count()
    list(Commodity.objects.filter(supplier__isnull=False).distinct().order_by(Lower("name")))
    list(Supplier.objects.exclude(country="").values_list("country", flat=True).distinct())
    return HttpResponse(PAGE[0].render({"suppliers": suppliers, **SHELL}, request))


def standing(entries: list[Any], today: date) -> tuple[str, str, str]:
    """Words, tone and icon for a supplier's entries on the approved list."""
    if not entries:
        return "Not on the list", "mute", "circle-dashed"
    if any(each.valid_until_on and each.valid_until_on < today for each in entries):
        return "Expired", "bad strong", "alert-octagon"
    return "Approved", "ok", "circle-check"


urlpatterns = [path("suppliers", index)]
