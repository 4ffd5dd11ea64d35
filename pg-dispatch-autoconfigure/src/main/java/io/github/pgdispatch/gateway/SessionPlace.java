package io.github.pgdispatch.gateway;

import org.jspecify.annotations.Nullable;

/**
 * Where a session is, and as which role.
 *
 * @param role the name of the current role
 * @param database the name of the database
 * @param address the address of the server, or {@code null} if it is not reached over the
 * network
 * @param standby whether the server is a standby
 * @param locked whether the session got the lock that it tried to take
 */
public record SessionPlace(String role, String database, @Nullable String address, boolean standby, boolean locked) {

	/**
	 * Returns the place in words.
	 */
	@Override
	public String toString() {
		return "'" + this.database + "'" + ((this.address != null) ? " at " + this.address : "")
				+ (this.standby ? ", a standby" : "");
	}

}
