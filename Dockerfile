# The platform as one image; what a container does (web, worker, beat) is its command (docker-compose.yml).

FROM node:22-bookworm-slim AS packages
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM python:3.11-slim-bookworm AS platform
# Without libharfbuzz-subset0 a page of PDF takes ten seconds instead of a fifth of one.
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-noto-cjk postgresql-client \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 platform
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY . .
COPY --from=packages /build/node_modules ./node_modules
# The key below serves this one command and is not kept.
RUN python scripts/assets.py \
 && SECRET_KEY="only-for-collecting-static-files-in-this-one-build-step" DATA_DIR=/tmp/build \
      python manage.py collectstatic --noinput --verbosity 0 \
 && rm -rf node_modules /tmp/build \
 && mkdir -p /data && chown platform /data
# Fonts are remembered in a folder that a read-only container can write to.
ENV DATA_DIR=/data XDG_CACHE_HOME=/tmp/cache
VOLUME /data
USER platform
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "config.wsgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "2", "--blocking-threads", "1", "--no-ws", "--respawn-failed-workers", "--log-level", "warning"]
