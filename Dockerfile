# The page and the HTTP API with the embedded model, on port 8080: `docker run IMAGE`, and as SageMaker runs it,
# `docker run IMAGE serve` with a model in /opt/ml/model. Any other verb works as well: `docker run -i IMAGE analyze - --json < talk.txt`.
#
#   docker build --tag seikaku .
#   docker run --rm --read-only --tmpfs /tmp --publish 127.0.0.1:8080:8080 seikaku

FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY seikaku ./seikaku
RUN python -m pip wheel --no-cache-dir --wheel-dir /wheels --constraint constraints.txt '.[serve,onnx,office]'
# A virtual environment without pip: only the base, the server and ONNX Runtime, compiled now since the root may be read-only.
RUN python -m venv --without-pip /venv \
    && python -m pip --python /venv/bin/python install --no-cache-dir --no-index --find-links /wheels 'seikaku[serve,onnx,office]'

FROM python:3.11-slim
LABEL org.opencontainers.image.title="seikaku" \
      org.opencontainers.image.description="Big Five estimates from Japanese conversation, with honest uncertainty: page and HTTP API" \
      org.opencontainers.image.licenses="MIT AND CC-BY-SA-4.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11-slim" \
      com.amazonaws.sagemaker.capabilities.accept-bind-to-port="true"
# No installer is left, and nobody who could write to the program.
RUN python -m pip uninstall --yes --root-user-action=ignore setuptools wheel pip \
    && groupadd --gid 10001 seikaku \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin seikaku
COPY --from=build /venv /venv
COPY LICENSE NOTICE /usr/share/doc/seikaku/
# The libraries report nothing to their makers, also when another program of the image loads them (seikaku/telemetry.py).
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ORT_DISABLE_TELEMETRY=1 \
    HF_HUB_DISABLE_TELEMETRY=1 \
    DO_NOT_TRACK=1 \
    SEIKAKU_MODEL=/opt/ml/model
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import http.client as h, os; c = h.HTTPConnection('127.0.0.1', int(os.environ.get('SAGEMAKER_BIND_TO_PORT', 8080)), timeout=4); c.request('GET', '/ping'); raise SystemExit(c.getresponse().status != 200)"]
# `serve` means: on all addresses of the container, on the port that SageMaker names, else 8080, with the model in
# SEIKAKU_MODEL, else the embedded one (flags behind it come last and win). exec: the server gets the stop signal.
ENTRYPOINT ["/bin/sh", "-c", "[ \"$1\" = serve ] || exec seikaku \"$@\"; shift; exec seikaku serve --host 0.0.0.0 --port \"${SAGEMAKER_BIND_TO_PORT:-8080}\" \"$@\"", "seikaku"]
CMD ["serve"]
