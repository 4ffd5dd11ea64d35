package io.github.pgdispatch.autoconfigure;

import java.util.Properties;

import javax.sql.DataSource;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.Mockito;
import org.postgresql.ds.PGSimpleDataSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.test.autoconfigure.JdbcTest;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Scope;
import org.springframework.test.context.TestContextManager;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests that an application does not start if nothing dispatches the calls of its
 * annotated methods, because their bodies would run at once.
 */
@ExtendWith(OutputCaptureExtension.class)
class UndispatchedMethodsTests {

	@Test
	void applicationWithoutADataSourceDoesNotStart(CapturedOutput output) {
		assertThatThrownBy(() -> start(WithoutDataSource.class)).isNotNull();
		assertThat(output).contains("APPLICATION FAILED TO START",
				"Nothing dispatches the calls of void " + SideEffects.class.getName() + ".welcome(long)",
				"because the application has no DataSource", "set pgdispatch.check-annotations=false");
	}

	@Test
	void applicationWithoutTheAutoConfigurationDoesNotStart() {
		assertThatThrownBy(() -> start(WithoutPgDispatch.class))
			.hasStackTraceContaining("PgDispatchAutoConfiguration is excluded or not part of the application");
	}

	@Test
	void beansThatAreNotCreatedAtTheStartAreRefusedToo() {
		for (Class<?> configuration : new Class<?>[] { LazyBean.class, PrototypeBean.class, Inherited.class }) {
			assertThatThrownBy(() -> start(configuration)).as(configuration.getSimpleName())
				.hasStackTraceContaining("Nothing dispatches the calls of");
		}
		assertThatThrownBy(() -> start(WithoutDataSource.class, "spring.main.lazy-initialization=true"))
			.hasStackTraceContaining("Nothing dispatches the calls of");
	}

	@Test
	void bodiesMayRunAtOnceOnPurpose() {
		try (ConfigurableApplicationContext context = start(WithoutDataSource.class,
				"pgdispatch.check-annotations=false")) {
			SideEffects sideEffects = context.getBean(SideEffects.class);
			sideEffects.welcome(1);
			assertThat(sideEffects.welcomed).isTrue();
		}
	}

	@Test
	void applicationWithoutAnnotatedMethodsStarts() {
		start(Nothing.class).close();
	}

	@Test
	void testOfASliceWithoutTheBeansDoesNotStart() {
		assertThat(catchThrowable(
				() -> new TestContextManager(SliceOfTheApplication.class).getTestContext().getApplicationContext()))
			.hasRootCauseInstanceOf(PgDispatchConfigurationException.class)
			.hasStackTraceContaining("annotate the test class with @AutoConfigurePgDispatch");
	}

	@Test
	void testMayMockTheBean() throws Exception {
		TestContextManager manager = new TestContextManager(MockedBean.class);
		MockedBean test = new MockedBean();
		manager.prepareTestInstance(test);
		test.sideEffects.welcome(1);
		assertThat(Mockito.mockingDetails(test.sideEffects).isMock()).isTrue();
	}

	private static ConfigurableApplicationContext start(Class<?> configuration, String... properties) {
		SpringApplication application = new SpringApplication(configuration);
		application.setWebApplicationType(WebApplicationType.NONE);
		Properties defaults = new Properties();
		for (String property : properties) {
			defaults.setProperty(property.split("=")[0], property.split("=")[1]);
		}
		application.setDefaultProperties(defaults);
		return application.run();
	}

	static class SideEffects {

		private boolean welcomed;

		@AfterCommitDispatch
		void welcome(long profileId) {
			this.welcomed = true;
		}

	}

	static class Inheriting extends SideEffects {

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = { DataSourceAutoConfiguration.class, LiquibaseAutoConfiguration.class })
	@Import(SideEffects.class)
	static class WithoutDataSource {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(
			exclude = { PgDispatchAutoConfiguration.class, PgDispatchSchemaAutoConfiguration.class,
					LiquibaseAutoConfiguration.class },
			excludeName = { "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration",
					"org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration" })
	@Import({ SideEffects.class, AnyDataSource.class })
	static class WithoutPgDispatch {

	}

	@Configuration(proxyBeanMethods = false)
	static class AnyDataSource {

		@Bean
		DataSource dataSource() {
			return new PGSimpleDataSource();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class LazyBean {

		@Bean
		@Lazy
		SideEffects sideEffects() {
			return new SideEffects();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class PrototypeBean {

		@Bean
		@Scope("prototype")
		SideEffects sideEffects() {
			return new SideEffects();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@Import(Inheriting.class)
	static class Inherited {

	}

	@Configuration(proxyBeanMethods = false)
	static class Nothing {

	}

	@JdbcTest(properties = { "spring.liquibase.enabled=false", "spring.flyway.enabled=false",
			"spring.test.database.replace=none", "pgdispatch.schema.mode=none" })
	@Import({ SideEffects.class, AnyDataSource.class })
	static class SliceOfTheApplication {

		@SpringBootConfiguration(proxyBeanMethods = false)
		static class Application {

		}

	}

	@SpringBootTest(classes = WithoutDataSource.class, webEnvironment = SpringBootTest.WebEnvironment.NONE)
	static class MockedBean {

		@Autowired
		@MockitoBean
		private SideEffects sideEffects;

	}

}
