package io.github.pgdispatch.driver;

import java.sql.SQLException;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.SessionGateway;
import io.github.pgdispatch.log.OneLineLog;

/**
 * Knows whether connections share the sessions of the server, as they do behind a
 * connection pooler in transaction mode. A driver asks at each start.
 */
public final class SharedSessions {

	/**
	 * What to do about it, in full sentences.
	 */
	static final String WAY_OUT = "Set pgdispatch.worker.datasource.url to the address of the server itself, or of a"
			+ " pooler that pools sessions";

	private static final OneLineLog logger = OneLineLog.of(SharedSessions.class);

	private SharedSessions() {
	}

	/**
	 * Returns whether the connections share sessions. While the database cannot be
	 * reached, that is unknown, and they are taken not to.
	 * @param dataSource of the connections, of which one or two are taken at a time
	 * @return whether they share sessions
	 */
	public static boolean areBehind(DataSource dataSource) {
		try {
			return new SessionGateway(dataSource).areShared();
		}
		catch (SQLException ex) {
			logger.debug("It is unknown whether the connections share sessions", ex);
			return false;
		}
	}

}
