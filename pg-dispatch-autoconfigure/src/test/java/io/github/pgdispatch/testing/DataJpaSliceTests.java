package io.github.pgdispatch.testing;

import jakarta.persistence.EntityManager;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.data.jpa.test.autoconfigure.DataJpaTest;
import org.springframework.boot.jdbc.test.autoconfigure.AutoConfigureTestDatabase;
import org.springframework.boot.jdbc.test.autoconfigure.AutoConfigureTestDatabase.Replace;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;

import static io.github.pgdispatch.testing.TestedApplication.effects;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests {@link DispatchedJobs} in the transactions of JPA.
 */
@DataJpaTest(properties = { "spring.liquibase.enabled=false", "spring.flyway.enabled=false",
		"spring.jpa.hibernate.ddl-auto=none" })
@AutoConfigureTestDatabase(replace = Replace.NONE)
@AutoConfigurePgDispatch
@Import({ SideEffects.class, Newcomers.class })
class DataJpaSliceTests {

	@Autowired
	private SideEffects sideEffects;

	@Autowired
	private Newcomers newcomers;

	@Autowired
	private DispatchedJobs jobs;

	@Autowired
	private JdbcClient jdbc;

	@Autowired
	private EntityManager entityManager;

	@Test
	void jobsSeeWhatIsPending() {
		this.sideEffects.insert("first");
		this.jdbc.sql("SELECT pgdispatch.fire('INSERT INTO effect SELECT name FROM newcomer')").query().singleRow();
		this.entityManager.persist(new Newcomer(1, "Ada"));
		assertThat(this.jobs.run()).isEqualTo(2);
		assertThat(effects(this.jdbc)).containsExactly("first", "Ada");
	}

	@Test
	void whatJobsWriteIsWritten() {
		this.newcomers.add(2, "Grace");
		assertThat(this.jobs).containsHandler("io.github.pgdispatch.testing.Newcomers.add").withArgument("id", 2);
		assertThat(this.jobs.run()).isOne();
		assertThat(this.entityManager.find(Newcomer.class, 2L)).isNotNull();
		assertThat(this.jdbc.sql("SELECT name FROM newcomer").query(String.class).single()).isEqualTo("Grace");
	}

	@Test
	void whatTheDatabaseRefusesToWriteIsTheJobsFailure() {
		this.newcomers.add(3, "Barbara");
		this.newcomers.addForSure(3, "Barbara");
		this.sideEffects.insert("next");
		assertThatExceptionOfType(JobFailedException.class).isThrownBy(this.jobs::run)
			.withMessageContaining("Newcomers.addForSure {\"id\":3")
			.withStackTraceContaining("newcomer_pkey");
		this.entityManager.clear();
		assertThat(this.jobs.run()).isOne();
		assertThat(effects(this.jdbc)).containsExactly("next");
	}

}
