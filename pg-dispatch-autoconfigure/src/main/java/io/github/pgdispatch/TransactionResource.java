package io.github.pgdispatch;

import javax.sql.DataSource;

import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;

/**
 * The object by which a transaction manager knows the connections of a
 * {@code DataSource}.
 */
public final class TransactionResource {

	private TransactionResource() {
	}

	/**
	 * Finds it as Spring's own transaction managers do.
	 * @param dataSource the application's, which may be a proxy
	 * @return the resource, which is to be compared by identity
	 */
	public static Object of(DataSource dataSource) {
		DataSource target = (dataSource instanceof TransactionAwareDataSourceProxy proxy) ? proxy.getTargetDataSource()
				: null;
		return (target != null) ? target : dataSource;
	}

}
