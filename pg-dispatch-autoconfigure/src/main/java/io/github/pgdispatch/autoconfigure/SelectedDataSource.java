package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;

import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.core.env.Environment;

/**
 * Selects the {@code DataSource} that pg-dispatch uses. This is the marked one or,
 * otherwise, the primary or only one. A bean of its own type, because a second
 * {@code DataSource} bean would disturb the application.
 */
final class SelectedDataSource {

	private final ObjectProvider<DataSource> marked;

	private final ObjectProvider<DataSource> all;

	private final boolean mayRoute;

	// Among several candidates, Spring would take the one named like the parameter.
	SelectedDataSource(@PgDispatchDataSource ObjectProvider<DataSource> theOnesMarkedForPgDispatch,
			ObjectProvider<DataSource> allThatThereAre, Environment environment) {
		this.marked = theOnesMarkedForPgDispatch;
		this.all = allThatThereAre;
		this.mayRoute = environment.getProperty(RoutingDataSources.ALLOWED, Boolean.class, false);
	}

	/**
	 * Returns the selected {@code DataSource}.
	 * @return the {@code DataSource}
	 * @throws PgDispatchConfigurationException if there are several candidates, or if the
	 * {@code DataSource} routes to several others
	 */
	DataSource get() {
		DataSource dataSource = select();
		if (!this.mayRoute) {
			RoutingDataSources.refuse(dataSource);
		}
		return dataSource;
	}

	private DataSource select() {
		try {
			return this.marked.getIfAvailable(this.all::getObject);
		}
		catch (NoUniqueBeanDefinitionException ex) {
			String beans = (ex.getBeanNamesFound() != null) ? String.join(", ", ex.getBeanNamesFound())
					: ex.getNumberOfBeansFound() + " of them";
			// Not passed as the cause, which Spring Boot would analyze instead.
			throw new PgDispatchConfigurationException(
					"pg-dispatch uses one DataSource, and there are several to choose from: " + beans + ".",
					"Mark only the one in whose transactions jobs are dispatched with "
							+ "@PgDispatchDataSource, or make it the primary one.");
		}
	}

}
