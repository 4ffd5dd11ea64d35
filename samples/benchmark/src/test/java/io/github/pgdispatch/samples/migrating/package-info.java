/**
 * What the Java code on the pages about migrating is taken from, before and after; and
 * tests that run those pages on the tables of the tools that one comes from.
 */
package io.github.pgdispatch.samples.migrating;
