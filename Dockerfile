# smartcar2mqtt for amd64 and arm64. Nothing is compiled: the one native module (better-sqlite3) brings its binaries.
#
#   docker build -t smartcar2mqtt .
#
# Both first stages run on the machine that builds, whatever is built for; the last one runs no command at all, so
# that an image for another processor needs no emulation.

FROM --platform=$BUILDPLATFORM node:24-trixie-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
# What `npm run build` does, on the Node.js of this image. The folder `data` is the empty one that becomes /data.
RUN node scripts/build.mjs \
 && find dist -name '*.map' -delete \
 && chmod 755 dist/main.js \
 && mkdir data bin \
 && ln -s /app/dist/main.js bin/smartcar2mqtt

FROM --platform=$BUILDPLATFORM node:24-trixie-slim AS modules
ARG TARGETARCH
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts
COPY scripts/trim-modules.mjs scripts/
RUN node scripts/trim-modules.mjs node_modules "$TARGETARCH"

FROM node:24-trixie-slim
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="smartcar2mqtt" \
      org.opencontainers.image.description="Bridge between Smartcar-connected cars and MQTT, with Home Assistant discovery and safe remote commands" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
# The mark switches the defaults of http.host (0.0.0.0) and data_dir (/data). Setting HTTP_HOST and DATA_DIR here would
# override the user's YAML file.
ENV NODE_ENV=production \
    SMARTCAR2MQTT_IMAGE=1
WORKDIR /app
COPY --from=modules /build/node_modules node_modules
COPY package.json LICENSE ./
COPY --from=build /build/bin/ /usr/local/bin/
COPY --from=build /build/dist dist
COPY --from=build --chown=10001:10001 /build/data /data
USER 10001:10001
VOLUME ["/data"]
# Private: page, API, health and metrics. Public: webhook and Connect callback, the only port to expose.
EXPOSE 8080 8088
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --start-interval=1s --retries=3 \
  CMD ["smartcar2mqtt", "health"]
ENTRYPOINT ["smartcar2mqtt"]
CMD ["start"]
