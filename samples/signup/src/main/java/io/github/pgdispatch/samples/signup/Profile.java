package io.github.pgdispatch.samples.signup;

record Profile(long id, String name) {

}
