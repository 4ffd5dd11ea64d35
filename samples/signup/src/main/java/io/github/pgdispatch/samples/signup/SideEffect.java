package io.github.pgdispatch.samples.signup;

/**
 * A side effect that has taken place.
 *
 * @param profileId of the sign-up
 * @param name of the SQL function or the Java method
 * @param startedAfterMillis from the beginning of the sign-up's commit to its start
 * @param tookMillis from its start to its end
 * @param outcome what it did
 */
record SideEffect(long profileId, String name, long startedAfterMillis, long tookMillis, String outcome) {

}
