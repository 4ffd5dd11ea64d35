package io.github.pgdispatch.samples.benchmark.peer;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

import javax.sql.DataSource;

import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Lets somebody who commits by himself write in the Spring transaction of the thread:
 * while there is one, his connections are its connection, and neither commit it nor roll
 * it back. Only for the side that enqueues. A failure reaches the caller as an exception,
 * and then it is Spring that rolls back.
 */
final class JoiningDataSource extends TransactionAwareDataSourceProxy {

	private static final Set<String> SWALLOWED = Set.of("commit", "rollback", "setAutoCommit");

	JoiningDataSource(DataSource dataSource) {
		super(dataSource);
	}

	@Override
	public Connection getConnection() throws SQLException {
		Connection connection = super.getConnection();
		return TransactionSynchronizationManager.isActualTransactionActive() ? joining(connection) : connection;
	}

	private static Connection joining(Connection connection) {
		return (Connection) Proxy.newProxyInstance(JoiningDataSource.class.getClassLoader(),
				new Class<?>[] { Connection.class }, (proxy, method, arguments) -> {
					if (SWALLOWED.contains(method.getName())) {
						return null;
					}
					try {
						return method.invoke(connection, arguments);
					}
					catch (InvocationTargetException ex) {
						throw ex.getTargetException();
					}
				});
	}

}
