/**
 * Tests that the documentation tells the truth: its code is compiled or run, its links
 * lead somewhere, and what it lists is all that there is.
 */
package io.github.pgdispatch.samples.documentation;
