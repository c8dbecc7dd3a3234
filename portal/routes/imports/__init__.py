from portal.routes.imports import begin, prepare, run

HANDLERS = [*begin.HANDLERS, *prepare.HANDLERS, *run.HANDLERS]
