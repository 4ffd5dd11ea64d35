package io.github.pgdispatch.samples.signup;

/**
 * The answer to a sign-up.
 *
 * @param id of the profile
 * @param answeredInMillis how long the transaction took, commit included
 */
record SignedUp(long id, long answeredInMillis) {

}
