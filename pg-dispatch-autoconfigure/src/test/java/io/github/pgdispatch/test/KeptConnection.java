package io.github.pgdispatch.test;

import java.sql.Connection;
import java.sql.SQLException;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * Keeps a connection for as long as the server does. The driver closes it when nobody
 * refers to it any more.
 */
final class KeptConnection extends DelegatingDataSource {

	private static final int SECONDS_TO_ANSWER = 10;

	private @Nullable Connection kept;

	KeptConnection(DataSource dataSource) {
		super(dataSource);
	}

	@Override
	public synchronized Connection getConnection() throws SQLException {
		if (this.kept == null || !this.kept.isValid(SECONDS_TO_ANSWER)) {
			this.kept = new SingleConnectionDataSource(super.getConnection(), true).getConnection();
		}
		return this.kept;
	}

}
