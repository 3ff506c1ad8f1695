# One image for every role: web, worker, trainer and beat differ only in their command (docker-compose.yml).
FROM python:3.11-slim AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 \
    HF_HUB_OFFLINE=1 GOMP_SPINCOUNT=1000 DATA_DIR=/data STATIC_ROOT=/app/staticfiles PYTHONPATH=/app:/app/platform
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 gettext curl \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements.lock ./
# torch first and alone: what depends on it would otherwise choose a build of its own.
RUN pip install "$(grep '^torch==' requirements.lock)" && pip install --no-deps -r requirements.lock
COPY . .
RUN DEBUG=1 DATABASE_URL=postgresql:///build python -m django compilemessages --settings config.settings \
    && DATABASE_URL=postgresql:///build SECRET_KEY=build python -m django collectstatic --noinput --settings config.settings \
    && useradd --uid 10001 --home /data manyhands && mkdir -p /data && chown manyhands /data
USER manyhands
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "config.serve", "--bind", "0.0.0.0:8000", "--access-log"]
