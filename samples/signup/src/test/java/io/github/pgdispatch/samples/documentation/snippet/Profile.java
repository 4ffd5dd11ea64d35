package io.github.pgdispatch.samples.documentation.snippet;

record Profile(long id, String name) {

}
