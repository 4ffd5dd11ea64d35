package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Tells by which {@code DataSource} and with which login workers connect. A bean of its
 * own type, because a second {@code DataSource} bean would disturb the application.
 */
final class WorkerDataSource {

	private static final String PREFIX = "pgdispatch.worker.datasource";

	private final ObjectProvider<DataSource> marked;

	private final WorkerLogin login;

	// Among several candidates, Spring would take the one named like the parameter.
	WorkerDataSource(@PgDispatchWorkerDataSource ObjectProvider<DataSource> theOnesMarkedForWorkers,
			PgDispatchProperties properties) {
		this.marked = theOnesMarkedForWorkers;
		PgDispatchProperties.Worker.Datasource datasource = properties.worker().datasource();
		this.login = new WorkerLogin(datasource.url(), datasource.username(), datasource.password());
	}

	/**
	 * Returns the connections of the workers.
	 * @param application the {@code DataSource} of the application
	 * @param size the maximum number of connections
	 * @throws PgDispatchConfigurationException if it is ambiguous how workers connect
	 */
	WorkerConnections connections(SelectedDataSource application, int size) {
		DataSource own = marked();
		if (application.database() != null && (own != null || !this.login.isSame())) {
			throw new PgDispatchConfigurationException(
					"There are several DataSources that are marked with @PgDispatchDataSource, and " + PREFIX
							+ ".* or @PgDispatchWorkerDataSource say how workers connect to only one database.",
					"Remove these properties and that annotation, and let each DataSource connect as its workers are to"
							+ " connect.");
		}
		if (own == null) {
			return WorkerConnections.beside(application.get(), this.login, size, application.database());
		}
		if (!this.login.isSame()) {
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
