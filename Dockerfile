# syntax=docker/dockerfile:1
# The light runtime: reads digits, serves them, needs neither PyTorch nor a compiler.
#
#   docker build -t digits .                              # digits serve on port 8000
#   docker build -t digits --build-arg EXTRAS=cpu .       # commands only
#
# Tags, not digests: they get Debian's and Python's security fixes with every build.
ARG PYTHON=3.13
ARG DEBIAN=trixie

FROM python:${PYTHON}-slim-${DEBIAN} AS build
# What to install, as in digits-edge[…]; not gpu, whose libraries the base lacks.
ARG EXTRAS=cpu,serve
COPY . /src
# An environment without pip in it; the base's pip compiles the bytecode, since nobody can later.
RUN python -m venv --without-pip /opt/digits \
    && pip --python /opt/digits/bin/python install \
        --no-cache-dir --disable-pip-version-check --only-binary onnxruntime,numpy,pillow \
        "/src[${EXTRAS}]"

FROM python:${PYTHON}-slim-${DEBIAN}
LABEL org.opencontainers.image.title="digits" \
      org.opencontainers.image.description="Reads handwritten digits without PyTorch: commands and a server" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/digits /opt/digits
# HOME is where nothing needs to be written; a read-only container has no other place than /tmp.
ENV PATH=/opt/digits/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /images
# A number, so that Kubernetes can see that it isn't root (runAsNonRoot).
USER 65532:65532
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/v2/health/live', timeout=4)"]
ENTRYPOINT ["digits"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
