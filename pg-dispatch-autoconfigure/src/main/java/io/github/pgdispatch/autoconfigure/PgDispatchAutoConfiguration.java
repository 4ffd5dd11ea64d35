package io.github.pgdispatch.autoconfigure;

import java.util.concurrent.ThreadFactory;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchListener;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.annotation.AfterCommitDispatchPostProcessor;
import io.github.pgdispatch.autoconfigure.PgDispatchProperties.Transaction;
import io.github.pgdispatch.driver.ApplicationDriver;
import io.github.pgdispatch.driver.DriverSettings;
import io.github.pgdispatch.driver.PgCron;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.boot.thread.Threading;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Auto-configuration for {@link PgDispatchTemplate}, {@link AfterCommitDispatch} and the
 * driver of the jobs: the application, pg_cron, or both.
 */
@AutoConfiguration(
		after = { PgDispatchSchemaAutoConfiguration.class, DataSourceTransactionManagerAutoConfiguration.class },
		afterName = "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration")
@ConditionalOnBean(DataSource.class)
@EnableConfigurationProperties(PgDispatchProperties.class)
@Import(SelectedDataSource.class)
public final class PgDispatchAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	@DependsOnDatabaseInitialization
	PgDispatchTemplate pgDispatchTemplate(SelectedDataSource dataSource,
			ObjectProvider<PlatformTransactionManager> transactionManagers, ObjectProvider<DispatchListener> listener,
			PgDispatchProperties properties) {
		return PgDispatchTemplate.create(dataSource.get(),
				TransactionManagers.select(transactionManagers, dataSource.get()),
				properties.transaction() == Transaction.REQUIRED, listener.getIfAvailable(NoDriver::new));
	}

	@Bean
	static AfterCommitDispatchPostProcessor afterCommitDispatchPostProcessor(
			ObjectProvider<PgDispatchTemplate> template, Environment environment) {
		return new AfterCommitDispatchPostProcessor(template::getObject,
				environment.getProperty("spring.aop.proxy-target-class", Boolean.class, true));
	}

	@Bean
	@DependsOnDatabaseInitialization
	ChosenDriver pgDispatchChosenDriver(PgDispatchProperties properties, ObjectProvider<ApplicationDriver> application,
			SelectedDataSource dataSource) {
		return new ChosenDriver(properties.driver(), application, new PgCron(dataSource.get()));
	}

	/**
	 * The application as the driver.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(HikariDataSource.class)
	@ConditionalOnBooleanProperty(name = "pgdispatch.worker.enabled", matchIfMissing = true)
	@Conditional(OnApplicationDriver.class)
	static class DriverConfiguration {

		@Bean
		WorkerConnections pgDispatchWorkerConnections(SelectedDataSource dataSource, PgDispatchProperties properties) {
			int watch = 1;
			return WorkerConnections.beside(dataSource.get(), properties.worker().threads() + watch);
		}

		@Bean
		@DependsOnDatabaseInitialization
		ApplicationDriver pgDispatchDriver(WorkerConnections connections, PgDispatchProperties properties,
				Environment environment) {
			PgDispatchProperties.Worker worker = properties.worker();
			return new ApplicationDriver(connections.dataSource(), threads(environment),
					new DriverSettings(worker.threads(), worker.pollInterval(), worker.listen()));
		}

		private static ThreadFactory threads(Environment environment) {
			String prefix = "pg-dispatch-";
			if (Threading.VIRTUAL.isActive(environment)) {
				return new VirtualThreadTaskExecutor(prefix).getVirtualThreadFactory();
			}
			CustomizableThreadFactory threads = new CustomizableThreadFactory(prefix);
			threads.setDaemon(true);
			return threads;
		}

	}

}
