# dedupe with its extras but Spark, for a user without rights; docs/install.md says how to run it.
FROM python:3.13-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY pyproject.toml setup.py README.md LICENSE ./
COPY dedupe dedupe
COPY docs/share docs/share
ENV DEDUPE_REQUIRE_KERNELS=1
RUN python -m venv /opt/dedupe \
    && /opt/dedupe/bin/pip install --no-cache-dir ".[html,parquet,pdf,remote,report]" \
    && /opt/dedupe/bin/pip uninstall --yes pip

FROM python:3.13-slim
COPY --from=build /opt/dedupe /opt/dedupe
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin dedupe
USER 10001
WORKDIR /data
ENTRYPOINT ["/opt/dedupe/bin/dedupe"]
CMD ["--help"]
