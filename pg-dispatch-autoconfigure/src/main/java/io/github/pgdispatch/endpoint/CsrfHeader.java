package io.github.pgdispatch.endpoint;

/**
 * The header that a browser has to send with a change, so that no other site can make
 * changes in its name.
 *
 * @param header the name of the header
 * @param token the value of the header
 */
public record CsrfHeader(String header, String token) {

}
