# The worker in a container: one bundle and Node.js, nothing else. See docs/docker-compose.md.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /build
COPY . .
# what the bundle is made of is locked; `npm pack` then makes it
RUN npm ci --no-audit --no-fund && npm pack --pack-destination /tmp && mkdir /package \
 && tar -xzf /tmp/delphi-narratives-*.tgz -C /package --strip-components=1

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /narratives
COPY --from=build /package ./
USER 1000:1000
# other containers may ask for health and figures; publish the port on 127.0.0.1 only
ENV HTTP_HOST=0.0.0.0 HTTP_PORT=8788 LOG_FORMAT=json
EXPOSE 8788
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.HTTP_PORT + '/healthz').then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
# node is the first process: it gets the signal to stop, and stops within seconds
ENTRYPOINT ["node", "bin/narratives.js"]
CMD ["worker"]
