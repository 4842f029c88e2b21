# One image for web, stream, worker and migrations: docker build --tag hrassist:VERSION .
# BASE is any Debian or Ubuntu with Python 3.11 or newer in its packages; CI names it with its digest.
ARG BASE=docker.io/library/debian:12-slim

# --- What needs tools to be made ------------------------------------------------------------------------------------
FROM ${BASE} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# Versions are those of the base's day; the base is pinned by its digest.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends python3 python3-venv ca-certificates \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/hrassist
COPY requirements.txt .
RUN python3 -m venv .venv \
  && .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --quiet --require-hashes --requirement requirements.txt \
  && .venv/bin/python -m pip uninstall --yes --quiet pip setuptools
COPY . .
# The one root is read only: whatever Python would compile at its first import is compiled now.
RUN HRASSIST_VAR_DIR=/tmp HRASSIST_STATIC_ROOT=/opt/hrassist/static .venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
  && { .venv/bin/python -m compileall -q .venv/lib audit candidates hrassist jobs > /dev/null || true; } \
  && install --directory --mode 0750 --owner 10001 --group 10001 /var/lib/hrassist

# --- What runs ------------------------------------------------------------------------------------------------------
FROM ${BASE} AS run
ARG VERSION=0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="hrassist" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends python3 ca-certificates \
  && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log \
  && groupadd --gid 10001 hrassist \
  && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/hrassist --shell /usr/sbin/nologin hrassist
COPY --from=build /opt/hrassist /opt/hrassist
COPY --from=build --chown=10001:10001 /var/lib/hrassist /var/lib/hrassist
WORKDIR /opt/hrassist
ENV PATH=/opt/hrassist/.venv/bin:/usr/local/bin:/usr/bin:/bin \
  PYTHONUNBUFFERED=1 \
  PYTHONDONTWRITEBYTECODE=1 \
  HRASSIST_VAR_DIR=/var/lib/hrassist \
  HRASSIST_STATIC_ROOT=/opt/hrassist/static \
  HRASSIST_WEB_BIND=0.0.0.0:8000
USER 10001:10001
VOLUME /var/lib/hrassist
EXPOSE 8000 8001 9801
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["/opt/hrassist/deploy/container/healthy"]
ENTRYPOINT ["/opt/hrassist/deploy/container/entrypoint"]
CMD ["web"]
