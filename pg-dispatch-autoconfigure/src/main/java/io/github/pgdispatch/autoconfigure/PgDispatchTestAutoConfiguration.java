package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.annotation.HandlerMethods;
import io.github.pgdispatch.handler.CurrentStep;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.LosslessMapper;
import io.github.pgdispatch.testing.AutoConfigurePgDispatch;
import io.github.pgdispatch.testing.DispatchedJobs;
import io.github.pgdispatch.testing.TestedMethods;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * Auto-configuration for {@link DispatchedJobs} in tests with
 * {@link AutoConfigurePgDispatch}.
 */
@AutoConfiguration(after = PgDispatchAutoConfiguration.class)
@ConditionalOnBean(DataSource.class)
@ConditionalOnClass(HikariDataSource.class)
@Import(DatabaseBeans.class)
public final class PgDispatchTestAutoConfiguration {

	@Bean
	@ForEachDatabase
	@Conditional(OnNoWorkerConnections.class)
	WorkerConnections pgDispatchTestConnections(SelectedDataSource dataSource) {
		return WorkerConnections.beside(dataSource.get(), WorkerLogin.SAME, 1, dataSource.database());
	}

	@Bean
	@ForEachDatabase
	@DependsOnDatabaseInitialization
	DispatchedJobs dispatchedJobs(SelectedDataSource dataSource, WorkerConnections connections,
			TransactionManagers transactionManagers, ObjectProvider<TestedMethods> methods) {
		return new DispatchedJobs(dataSource.get(), connections.dataSource(),
				transactionManagers.select(dataSource.get()), methods.getIfAvailable());
	}

	/**
	 * Configuration for methods whose body jobs run.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(JsonMapper.class)
	static class MethodConfiguration {

		@Bean
		TestedMethods pgDispatchTestedMethods(HandlerMethods methods, HandlerInvocations invocations,
				LosslessMapper mapper, ObjectProvider<DispatchPropagator> propagators, CurrentStep currentStep) {
			return new TestedMethods(methods::handlers, invocations, mapper,
					DispatchPropagator.of(propagators.orderedStream().toList()), currentStep);
		}

	}

}
