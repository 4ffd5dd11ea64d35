package io.github.pgdispatch.samples.documentation.snippet;

record Invoice(long orderId) {

}
