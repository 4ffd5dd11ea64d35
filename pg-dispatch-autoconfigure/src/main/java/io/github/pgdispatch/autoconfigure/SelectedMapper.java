package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.PgDispatchConfigurationException;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Selects the mapper that writes and reads the arguments of methods.
 */
final class SelectedMapper {

	private SelectedMapper() {
	}

	/**
	 * Selects the mapper.
	 * @param candidates the mappers of the application
	 * @return the only or primary mapper, or a mapper with Jackson's defaults if there is
	 * none
	 * @throws PgDispatchConfigurationException if there are several candidates
	 */
	static JsonMapper select(ObjectProvider<JsonMapper> candidates) {
		try {
			return candidates.getIfAvailable(JsonMapper::new);
		}
		catch (NoUniqueBeanDefinitionException ex) {
			// Not passed as the cause, which Spring Boot would analyze instead.
			throw new PgDispatchConfigurationException(
					"One JsonMapper writes the arguments of methods with @AfterCommitDispatch, and there are "
							+ "several to choose from: " + ((ex.getBeanNamesFound() != null)
									? String.join(", ", ex.getBeanNamesFound()) : ex.getNumberOfBeansFound())
							+ ".",
					"Mark one of them as @Primary.");
		}
	}

}
