package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.PgDispatchConfigurationException;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Finds the mapper by which the arguments of methods are kept.
 */
final class SelectedMapper {

	private SelectedMapper() {
	}

	/**
	 * Finds it.
	 * @param candidates the application's
	 * @return the only one, or the primary one; if there is none, one with Jackson's
	 * defaults
	 * @throws PgDispatchConfigurationException if there are several to choose from
	 */
	static JsonMapper select(ObjectProvider<JsonMapper> candidates) {
		try {
			return candidates.getIfAvailable(JsonMapper::new);
		}
		catch (NoUniqueBeanDefinitionException ex) {
			// Not as the cause, of which Spring Boot would make another analysis.
			throw new PgDispatchConfigurationException(
					"The arguments of methods with @AfterCommitDispatch are kept as JSON by one JsonMapper, and there are "
							+ "several to choose from: " + ((ex.getBeanNamesFound() != null)
									? String.join(", ", ex.getBeanNamesFound()) : ex.getNumberOfBeansFound())
							+ ".",
					"Mark one of them as @Primary.");
		}
	}

}
