package io.github.pgdispatch;

import java.util.Map;

import javax.sql.DataSource;

import io.github.pgdispatch.autoconfigure.PgDispatchAutoConfiguration;
import io.github.pgdispatch.autoconfigure.PgDispatchSchemaAutoConfiguration;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.Id;
import jakarta.persistence.PersistenceContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.orm.jpa.persistenceunit.PersistenceManagedTypes;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link PgDispatchTemplate} in transactions of JPA.
 */
@PostgresTest
class PgDispatchTemplateJpaTests {

	private JdbcClient jdbc;

	private ApplicationContextRunner application;

	@BeforeEach
	void application(TestDatabase database) {
		this.jdbc = database.jdbc("postgres");
		this.application = new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
					DataSourceTransactionManagerAutoConfiguration.class, HibernateJpaAutoConfiguration.class,
					TransactionAutoConfiguration.class, PgDispatchSchemaAutoConfiguration.class,
					PgDispatchAutoConfiguration.class))
			.withUserConfiguration(Entities.class)
			.withBean(Profiles.class)
			.withPropertyValues("spring.datasource.url=" + database.url(), "spring.datasource.username=app",
					"pgdispatch.schema.mode=jdbc", "pgdispatch.worker.enabled=false",
					"spring.jpa.hibernate.ddl-auto=update");
	}

	@Test
	void whatIsStillPendingIsFlushedFirst() {
		this.application.run((context) -> {
			Profiles profiles = context.getBean(Profiles.class);
			assertThat(profiles.rowsSeenByADispatch(2)).isOne();
		});
	}

	@Test
	void commitsAndRollsBackWithTheEntity() {
		this.application.run((context) -> {
			Profiles profiles = context.getBean(Profiles.class);
			profiles.add(1);
			assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> profiles.addAndFail(2));
			assertThat(this.jdbc.sql("SELECT command FROM pgdispatch.job").query(String.class).list())
				.containsExactly("SELECT ('1'::bigint)");
		});
	}

	@Test
	void readOnlyTransactionIsRefused() {
		this.application.run((context) -> assertThatExceptionOfType(IllegalTransactionStateException.class)
			.isThrownBy(() -> context.getBean(Profiles.class).onlyRead())
			.withMessageContaining("read-only"));
	}

	@Configuration(proxyBeanMethods = false)
	static class Entities {

		@Bean
		PersistenceManagedTypes managedTypes() {
			return PersistenceManagedTypes.of(Profile.class.getName());
		}

	}

	@Entity(name = "profile")
	static class Profile {

		@Id
		private long id;

		protected Profile() {
		}

		Profile(long id) {
			this.id = id;
		}

	}

	@Transactional
	static class Profiles {

		@PersistenceContext
		private EntityManager entityManager;

		private final PgDispatchTemplate template;

		private final JdbcClient jdbc;

		Profiles(PgDispatchTemplate template, DataSource dataSource) {
			this.template = template;
			this.jdbc = JdbcClient.create(dataSource);
		}

		void add(long id) {
			this.entityManager.persist(new Profile(id));
			this.template.fire("SELECT :id", Map.of("id", id));
		}

		void addAndFail(long id) {
			add(id);
			throw new IllegalStateException("Roll back");
		}

		int rowsSeenByADispatch(long id) {
			add(id);
			return this.jdbc.sql("SELECT count(*) FROM profile WHERE id = ?").param(id).query(Integer.class).single();
		}

		@Transactional(readOnly = true)
		void onlyRead() {
			this.template.fire("SELECT 1");
		}

	}

}
