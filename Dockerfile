# Muster in a container: docker build -t muster . && docker run --rm -v muster:/data muster --help
#
# The base is named by its tag. Pin it by the digest that your registry shows, so that a rebuild
# is of the same bytes: FROM python:3.11-slim-bookworm@sha256:...
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 muster \
    && install --directory --owner muster --group muster --mode 0700 /data /opt/muster

USER muster
WORKDIR /opt/muster

# .dockerignore lists what comes along: what running needs, and nothing of a company's.
COPY --chown=muster:muster . .
RUN make setup

# Data, keys and logs live in the volume; the image has none, and no secret.
ENV MUSTER_HOME=/data \
    PATH=/opt/muster/.venv/bin:$PATH
VOLUME /data

ENTRYPOINT ["muster"]
CMD ["--help"]
