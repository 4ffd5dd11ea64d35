package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;

import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;

/**
 * The {@code DataSource} that all of pg-dispatch uses: the marked one, or else the
 * primary or only one. (A bean that leads to it, as the {@code DataSource} itself is not
 * ours to declare a second time.)
 */
final class SelectedDataSource {

	private final ObjectProvider<DataSource> marked;

	private final ObjectProvider<DataSource> all;

	// Among several candidates Spring takes the one named like the parameter.
	SelectedDataSource(@PgDispatchDataSource ObjectProvider<DataSource> theOnesMarkedForPgDispatch,
			ObjectProvider<DataSource> allThatThereAre) {
		this.marked = theOnesMarkedForPgDispatch;
		this.all = allThatThereAre;
	}

	/**
	 * Returns the {@code DataSource}.
	 * @return the bean
	 * @throws PgDispatchConfigurationException if there are several to choose from
	 */
	DataSource get() {
		try {
			return this.marked.getIfAvailable(this.all::getObject);
		}
		catch (NoUniqueBeanDefinitionException ex) {
			String beans = (ex.getBeanNamesFound() != null) ? String.join(", ", ex.getBeanNamesFound())
					: ex.getNumberOfBeansFound() + " of them";
			// Not as the cause, of which Spring Boot would make another analysis.
			throw new PgDispatchConfigurationException(
					"pg-dispatch uses one DataSource, and there are several to choose from: " + beans + ".",
					"Mark the one in whose transactions side effects are dispatched, and no other, with "
							+ "@PgDispatchDataSource (or make it the primary one).");
		}
	}

}
