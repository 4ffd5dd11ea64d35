package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.core.env.Environment;

/**
 * Tells by which {@code DataSource} and with which login workers connect. A bean of its
 * own type, because a second {@code DataSource} bean would disturb the application.
 */
final class WorkerDataSource {

	private static final String PREFIX = "pgdispatch.worker.datasource";

	private final ObjectProvider<DataSource> marked;

	private final WorkerLogin general;

	// Among several candidates, Spring would take the one named like the parameter.
	WorkerDataSource(@PgDispatchWorkerDataSource ObjectProvider<DataSource> theOnesMarkedForWorkers,
			Environment environment) {
		this.marked = theOnesMarkedForWorkers;
		this.general = WorkerLogin.of(DatabaseProperties.of(environment, null));
	}

	/**
	 * Returns whether it is said for all databases together how workers connect.
	 */
	boolean isGeneral() {
		return marked() != null || !this.general.isSame();
	}

	/**
	 * Returns the connections of the workers.
	 * @param application the {@code DataSource} of the application
	 * @param size the maximum number of connections
	 * @throws PgDispatchConfigurationException if it is ambiguous how workers connect
	 */
	WorkerConnections connections(SelectedDataSource application, int size) {
		if (application.database() != null && isGeneral()) {
			throw new PgDispatchConfigurationException(
					"There are several DataSources that are marked with @PgDispatchDataSource, and " + PREFIX
							+ ".* or @PgDispatchWorkerDataSource say how workers connect to only one database.",
					"Remove these properties and that annotation. Say how the workers of each database connect with "
							+ DatabaseProperties.DATA_SOURCES + "." + application.database()
							+ ".worker.datasource.*, where they do not connect as the application does.");
		}
		DataSource own = marked();
		WorkerLogin login = WorkerLogin.of(application.properties());
		if (own == null) {
			return WorkerConnections.beside(application.get(), login, size, application.database());
		}
		if (!login.isSame()) {
			throw new PgDispatchConfigurationException(
					"There is a DataSource that is marked with @PgDispatchWorkerDataSource, and there are properties "
							+ PREFIX + ".*, which say how workers connect.",
					"Remove either the annotation or the properties.");
		}
		return WorkerConnections.of(own, size);
	}

	private @Nullable DataSource marked() {
		try {
			return this.marked.getIfAvailable();
		}
		catch (NoUniqueBeanDefinitionException ex) {
			// Not passed as the cause, which Spring Boot would analyze instead.
			throw new PgDispatchConfigurationException(
					"Several DataSources are marked with @PgDispatchWorkerDataSource: " + ex.getMessage() + ".",
					"Mark only one of them. Workers connect by one DataSource.");
		}
	}

}
