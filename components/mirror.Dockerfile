# A public image as it was released, to be kept in the account's own registry.
ARG UPSTREAM
FROM ${UPSTREAM}
