from portal.routes.imports import begin, index, prepare, run

HANDLERS = [*index.HANDLERS, *begin.HANDLERS, *prepare.HANDLERS, *run.HANDLERS]
