/**
 * What the Java code in the documentation is taken from. The classes are no example of a
 * whole: each has what some page shows.
 */
package io.github.pgdispatch.samples.documentation.snippet;
