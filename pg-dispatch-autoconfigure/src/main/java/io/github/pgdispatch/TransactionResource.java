package io.github.pgdispatch;

import javax.sql.DataSource;

import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;

/**
 * Determines the object under which a transaction manager binds the connections of a
 * {@code DataSource}.
 */
public final class TransactionResource {

	private TransactionResource() {
	}

	/**
	 * Returns the resource of a {@code DataSource}, as Spring's transaction managers
	 * determine it.
	 * @param dataSource the {@code DataSource} of the application, which may be a proxy
	 * @return the resource, which has to be compared by identity
	 */
	public static Object of(DataSource dataSource) {
		DataSource target = (dataSource instanceof TransactionAwareDataSourceProxy proxy) ? proxy.getTargetDataSource()
				: null;
		return (target != null) ? target : dataSource;
	}

	/**
	 * Returns whether the current transaction is of a database. An outer transaction,
	 * which waits for the end of the current one, does not count, and neither does a
	 * query of another database.
	 * @param dataSource the {@code DataSource} of the database
	 * @return whether a dispatch in that database would join the current transaction
	 */
	public static boolean isOfCurrentTransaction(DataSource dataSource) {
		return TransactionOrigin.isCurrent(of(dataSource));
	}

}
