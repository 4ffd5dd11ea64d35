package io.github.pgdispatch.command;

/**
 * Where a parameter stands in the SQL.
 *
 * @param path of the parameter, without the colon
 * @param start index of the colon
 * @param end index after the last character
 */
record Placeholder(String path, int start, int end) {

}
