"""Official documents as PDF, and pictures for mails, set by typst.

A document is a template in ``documents/`` and a dict of plain values, handed over as data: what people typed
is never read as markup. All of ours look alike through ``documents/look.typ``.

    content = await reports.pdf("eight_d.typ", values, pictures={"photo-1.webp": photo})
    picture = await reports.png_of(charts.line(...))

Nothing is fetched: a document reads its template, its values, its pictures and our own fonts. It is a tagged
PDF/A-2a that screen readers can follow (PDF/UA-1); only where a text has signs that our fonts don't draw, it
is a tagged PDF without that promise.
"""

from portal.reports.figures import on_paper
from portal.reports.setting import ReportError, pdf, png, png_of

__all__ = ["ReportError", "on_paper", "pdf", "png", "png_of"]
