package io.github.pgdispatch.command;

/**
 * The place of a parameter in the SQL.
 *
 * @param path the path of the parameter without the colon
 * @param start the index of the colon
 * @param end the index after the last character
 */
record Placeholder(String path, int start, int end) {

}
