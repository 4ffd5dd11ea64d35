package io.github.pgdispatch.autoconfigure;

import java.util.Arrays;
import java.util.List;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.TenantContext;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

/**
 * A database that pg-dispatch uses, as far as properties and definitions of beans tell.
 * No bean is created to find out.
 *
 * @param bean the name of the {@code DataSource} bean that is marked with
 * {@link PgDispatchDataSource}, or {@code null} if none is
 * @param tenants whether it stands for the databases of tenants
 * @param environment has the properties of the application
 */
record Database(@Nullable String bean, boolean tenants, Environment environment) {

	/**
	 * Returns the databases of the application, of which there is at least one.
	 * @throws PgDispatchConfigurationException if there are several, and it is unknown
	 * which of them is that of the tenants
	 */
	static List<Database> all(ConfigurableListableBeanFactory beanFactory, Environment environment) {
		boolean tenants = BeanFactoryUtils.beanNamesForTypeIncludingAncestors(beanFactory, TenantContext.class, true,
				false).length > 0;
		List<String> marked = marked(beanFactory);
		if (marked.size() < 2) {
			return List.of(new Database(marked.isEmpty() ? null : marked.get(0), tenants, environment));
		}
		String routing = tenants ? routing(marked, beanFactory) : null;
		return marked.stream().map((name) -> new Database(name, name.equals(routing), environment)).toList();
	}

	private static List<String> marked(ConfigurableListableBeanFactory beanFactory) {
		return Arrays.stream(beanFactory.getBeanNamesForType(DataSource.class, true, false))
			.filter((name) -> isMarked(name, beanFactory))
			.toList();
	}

	private static boolean isMarked(String name, ConfigurableListableBeanFactory beanFactory) {
		return beanFactory.findAnnotationOnBean(name, PgDispatchDataSource.class, false) != null
				|| (beanFactory.containsBeanDefinition(name)
						&& beanFactory.getMergedBeanDefinition(name) instanceof AbstractBeanDefinition definition
						&& definition.hasQualifier(PgDispatchDataSource.class.getName()));
	}

	private static String routing(List<String> marked, ConfigurableListableBeanFactory beanFactory) {
		List<String> routing = marked.stream()
			.filter((name) -> beanFactory.isTypeMatch(name, AbstractRoutingDataSource.class))
			.toList();
		if (routing.size() != 1) {
			throw new PgDispatchConfigurationException(
					"There is a bean of type TenantContext, and of the DataSources that are marked with"
							+ " @PgDispatchDataSource, "
							+ (routing.isEmpty()
									? "none is declared as an AbstractRoutingDataSource: " + String.join(", ", marked)
											+ "."
									: "several are AbstractRoutingDataSources: " + String.join(", ", routing) + "."),
					"Mark one DataSource that routes to the databases of the tenants, and let its method return that type.");
		}
		return routing.get(0);
	}

	/**
	 * Returns one of the properties of this database, without the others.
	 * @return its value, or {@code null} if it is not set
	 */
	<T> @Nullable T property(String name, Class<T> type) {
		return DatabaseProperties.one(this.environment, this.bean, name, type);
	}

}
