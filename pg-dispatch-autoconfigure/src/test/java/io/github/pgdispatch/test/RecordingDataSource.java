package io.github.pgdispatch.test;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import javax.sql.DataSource;

import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * A data source that records what is sent over its connections.
 */
public final class RecordingDataSource extends DelegatingDataSource {

	private final List<String> statements = new CopyOnWriteArrayList<>();

	public RecordingDataSource(DataSource target) {
		super(target);
	}

	/**
	 * Returns the SQL of the statements that were prepared, and those by which the driver
	 * asks for the isolation level.
	 */
	public List<String> statements() {
		return this.statements;
	}

	@Override
	public Connection getConnection() throws SQLException {
		Connection connection = super.getConnection();
		return (Connection) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { Connection.class },
				(proxy, method, arguments) -> {
					switch (method.getName()) {
						case "prepareStatement" -> this.statements.add((String) arguments[0]);
						case "getTransactionIsolation" -> this.statements.add("SHOW TRANSACTION ISOLATION LEVEL");
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
