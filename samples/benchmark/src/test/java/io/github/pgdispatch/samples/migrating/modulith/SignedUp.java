package io.github.pgdispatch.samples.migrating.modulith;

record SignedUp(long profileId) {

}
