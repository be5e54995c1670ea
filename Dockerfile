# syntax=docker/dockerfile:1
ARG NODE_IMAGE=node:26-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    VIADUCT_CONFIG=/etc/viaduct/viaduct.yaml
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
COPY docker/healthcheck.mjs ./healthcheck.mjs
COPY docker/viaduct.yaml /etc/viaduct/viaduct.yaml
# `docker compose exec viaduct viaduct pki status` is the same command as everywhere
RUN ln -s /app/dist/bin.js /usr/local/bin/viaduct
# the first start writes certificates and keys, as the user below
RUN mkdir /certs /data && chown node:node /certs /data
VOLUME ["/certs", "/data"]
USER node
EXPOSE 8883 8884 8084
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 CMD ["node", "healthcheck.mjs"]
ENTRYPOINT ["node", "dist/bin.js"]
CMD ["serve"]
