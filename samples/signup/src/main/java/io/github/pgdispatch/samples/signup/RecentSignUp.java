package io.github.pgdispatch.samples.signup;

import java.util.List;

/**
 * A sign-up, with the side effects that have taken place so far.
 *
 * @param id of the profile
 * @param name of the visitor
 * @param ageMillis how long ago its transaction began
 * @param sideEffects in the order in which they ended
 */
record RecentSignUp(long id, String name, long ageMillis, List<SideEffect> sideEffects) {

}
