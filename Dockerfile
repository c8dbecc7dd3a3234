FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --system --uid 10001 --create-home assay && install -d -o assay -g assay /data
WORKDIR /app
COPY requirements.lock .
RUN pip install --require-hashes --requirement requirements.lock
COPY portal portal
COPY scorecards scorecards
# The lock has installed everything; the command is all that is missing.
RUN printf '#!/bin/sh\nexec python -m portal.cli "$@"\n' > /usr/local/bin/assay && chmod 755 /usr/local/bin/assay
ENV PYTHONPATH=/app
USER assay
EXPOSE 8000
CMD ["assay", "serve", "--host", "0.0.0.0"]
