# The Python that `make test` is run with.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# Every file of the lock is verified by its hash here, and what is installed below comes from these files alone. The lock also
# names what builds the bot: that is used, yet only what the bot runs on gets into /opt/statusbot.
COPY requirements.lock ./
RUN pip download --require-hashes --only-binary :all: --requirement requirements.lock --dest wheels
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY handlers handlers
COPY manifest manifest
RUN python -m venv --without-pip /opt/statusbot \
 && pip --python /opt/statusbot/bin/python install --no-index --find-links wheels .

FROM python:${PYTHON}-slim
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /data statusbot \
 && install -d -o statusbot -g statusbot -m 0700 /data
COPY --from=build /opt/statusbot /opt/statusbot
# A .env that was made from .env.example says otherwise; compose.yaml sets them once more, above it.
ENV PATH=/opt/statusbot/bin:$PATH \
    STATUSBOT_HOST=0.0.0.0 \
    STATUSBOT_PORT=8080 \
    STATUSBOT_DATABASE_URL=sqlite:////data/statusbot.db
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# Storing may take 9 s before the bot itself says that it is not ready.
HEALTHCHECK --interval=30s --timeout=12s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.build_opener(web.ProxyHandler({})).open(f\"http://127.0.0.1:{os.environ['STATUSBOT_PORT']}/health/ready\")"]
ENTRYPOINT ["statusbot"]
CMD ["serve"]
