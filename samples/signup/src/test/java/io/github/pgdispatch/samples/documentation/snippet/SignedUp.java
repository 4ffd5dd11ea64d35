package io.github.pgdispatch.samples.documentation.snippet;

record SignedUp(long profileId) {

}
