# The component as an image: docker build -t chatgpt-component .
# docs/deploy.md says what a container of it must be told.

# With its digest after "tools/supply-chain pin", which needs the registry.
ARG BASE=python:3.13-slim
FROM ${BASE} AS build
# The lock is made for these: after a change, "tools/supply-chain lock".
ARG EXTRAS=rabbitmq,tokens,metrics,postgresql,redis,telemetry,greenlets,flow
WORKDIR /build
COPY pyproject.toml component.json logo.png README.md LICENSE ./
COPY deploy/requirements.lock deploy/requirements.lock
COPY pysailor pysailor
COPY lib lib
COPY components components
COPY docs/pysailor.1 docs/pysailor.1
# pip is needed here only: the environment that goes into the image has none. It compiles what it installs as packages,
# and a container writes no bytecode; so the component is compiled here, valid by content, whatever time its files get.
# Every library is the one whose hash stands in the lock; a build for other extras than the lock's ends here.
RUN grep -q "for the extras ${EXTRAS};" deploy/requirements.lock \
    && python -m venv --without-pip /opt/pysailor \
    && python -m pip --python /opt/pysailor install --no-cache-dir --require-hashes -r deploy/requirements.lock \
    && python -m pip --python /opt/pysailor install --no-cache-dir --no-deps . \
    && mv /opt/pysailor/share/pysailor/components/chatgpt-component /component \
    && python -m compileall -q --invalidation-mode checked-hash /component/lib

FROM ${BASE}
# The platform calls /sbin/tini and expects the user node. Which tini Debian has does not matter.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && ln -s /usr/bin/tini /sbin/tini \
    && useradd --uid 1000 --user-group --create-home node
COPY --from=build /opt/pysailor /opt/pysailor
# component.json, lib and logo.png stand in the working directory, where the platform looks for them.
COPY --from=build /component /home/node
# For whoever goes around the entry point and calls node, as it is done with the platform's own images.
COPY deploy/entrypoint /usr/local/bin/entrypoint
RUN ln -s entrypoint /usr/local/bin/node
# Threads share two heaps, so that what one frees another can use; docs/deploy.md tells what that saves.
ENV PATH=/opt/pysailor/bin:$PATH \
    MALLOC_ARENA_MAX=2 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /home/node
# The user node, by number: Kubernetes can see that it is not root.
USER 1000:1000
# SIGTERM before there is anything to finish is a good end too: 143 becomes 0.
ENTRYPOINT ["/sbin/tini", "-e", "143", "--", "entrypoint"]
