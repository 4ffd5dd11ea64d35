package io.github.pgdispatch;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.github.pgdispatch.AfterCommitDispatch.OnDuplicate;
import io.github.pgdispatch.AfterCommitDispatch.OnFailure;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.RecordingDataSource;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link PgDispatchTemplate#dispatch(Dispatch)} and
 * {@link PgDispatchTemplate#fireAll}: what is asked for is what the database knows.
 */
@PostgresTest
class DispatchedOptionsTests {

	private List<String> statements;

	private JdbcClient jdbc;

	private JdbcTransactionManager transactionManager;

	private TransactionTemplate transaction;

	private PgDispatchTemplate template;

	@BeforeEach
	void install(TestDatabase database) {
		database.install("app");
		this.jdbc = database.jdbc("app");
		RecordingDataSource dataSource = new RecordingDataSource(database.dataSource("app"));
		this.statements = dataSource.statements();
		this.transactionManager = new JdbcTransactionManager(dataSource);
		this.transaction = new TransactionTemplate(this.transactionManager);
		this.template = template(new DispatchDefaults(10, BackOff.DEFAULT, null));
	}

	private PgDispatchTemplate template(DispatchDefaults defaults) {
		return builder().propagator(new TracePropagator()).defaults(defaults).build();
	}

	private PgDispatchTemplate.Builder builder() {
		return PgDispatchTemplate.builder(this.transactionManager.getDataSource(), this.transactionManager);
	}

	private long dispatch(Dispatch dispatch) {
		Long id = this.transaction.execute((status) -> this.template.dispatch(dispatch));
		assertThat(id).isNotNull();
		return id;
	}

	@Test
	void labelNeedsNoSecondRow() {
		long id = dispatch(Dispatch.sql("SELECT 1").label("a"));
		this.transaction
			.executeWithoutResult((status) -> this.template.dispatch(Dispatch.sql("SELECT 2").label("b").key("c")));
		assertThat(this.jdbc.sql("SELECT label FROM pgdispatch.job ORDER BY id").query(String.class).list())
			.containsExactly("a", "b");
		assertThat(this.jdbc.sql("SELECT count(*) FROM pgdispatch.managed_job").query(Long.class).single()).isOne();
		assertThat(this.template.find(id).orElseThrow().label()).isEqualTo("a");
		assertThat(this.template.find(id).orElseThrow().headers()).isNotEmpty();
	}

	@Test
	void plainDispatchIsOneStatementAndOneRow() {
		long id = dispatch(Dispatch.sql("SELECT :id", Map.of("id", 1)));
		this.transaction.executeWithoutResult((status) -> this.template.fire("SELECT 2"));
		this.transaction.executeWithoutResult((status) -> this.template.snooze("SELECT 3", Duration.ofSeconds(5)));
		assertThat(this.statements).hasSize(3)
			.allSatisfy((sql) -> assertThat(sql).startsWith("INSERT INTO pgdispatch.job "));
		assertThat(this.statements).filteredOn((sql) -> sql.endsWith(" RETURNING id")).hasSize(1);
		assertThat(this.jdbc.sql("SELECT id FROM pgdispatch.job ORDER BY id").query(Long.class).list()).hasSize(3)
			.first()
			.isEqualTo(id);
		assertThat(is("bool_and(max_attempts = 10 AND managed IS NULL) FROM pgdispatch.job")).isTrue();
		assertThat(managed()).isEmpty();
	}

	@Test
	void withOneAttemptNothingIsWrittenOfAttempts() {
		dispatch(Dispatch.sql("SELECT 1").maxAttempts(1));
		assertThat(is("max_attempts IS NULL AND managed IS NULL FROM pgdispatch.job")).isTrue();
	}

	@Test
	void withoutDefaultsThereIsOneAttempt() {
		this.template = builder().build();
		dispatch(Dispatch.sql("SELECT 1"));
		dispatch(Dispatch.handler("mailer.send", "{}"));
		assertThat(is("max_attempts IS NULL FROM pgdispatch.job")).isTrue();
		assertThat(is("managed IS NULL AND headers IS NULL FROM pgdispatch.handler_job")).isTrue();
	}

	@Test
	void allThatIsAskedOfSqlIsKnown() {
		setQueue();
		long id = dispatch(Dispatch.sql("SELECT 1")
			.delay(Duration.ofSeconds(90))
			.maxAttempts(3)
			.backOff(new BackOff(Duration.ofMillis(1500), 1.5, Duration.ofMinutes(2)))
			.timeLimit(Duration.ofMillis(2500))
			.key("a key")
			.keepKey(Duration.ofDays(400))
			.orderingKey("an order")
			.onFailure(OnFailure.PASS)
			.queue("slow")
			.fairKey("acme")
			.priority(60)
			.keepResult(Duration.ofHours(2)));
		assertThat(this.statements).hasSize(1);
		assertThat(this.jdbc.sql("SELECT id FROM pgdispatch.job WHERE managed").query(Long.class).single())
			.isEqualTo(id);
		assertThat(is("""
				id = %s AND max_attempts = 3 AND back_off = '1.5 s' AND back_off_multiplier = 1.5
				    AND max_back_off = '2 min' AND time_limit = '2.5 s' AND key = 'a key' AND keep_key = '9600 hours'
				    AND ordering_key = 'an order' AND on_failure = 'pass' AND queue = 'slow' AND priority = 60
				    AND fair_key = 'acme' AND result = 'rows' AND keep_result = '2 hours' AND transactional IS NULL
				    FROM pgdispatch.managed_job""".formatted(id))).isTrue();
	}

	@Test
	void whatIsNotAskedForIsNotWritten() {
		dispatch(Dispatch.sql("SELECT 1").orderingKey("a").maxAttempts(2));
		assertThat(
				is("""
						num_nulls(back_off, back_off_multiplier, max_back_off, time_limit, key, keep_key, on_failure, queue, fair_key, priority,
						    result, keep_result, transactional) = 13 FROM pgdispatch.managed_job"""))
			.isTrue();
	}

	@Test
	void rowCountAndNoTransactionAreKnown() {
		dispatch(Dispatch.sql("SELECT 1").keepRowCount(Duration.ofMinutes(1)));
		dispatch(Dispatch.sql("VACUUM").nonTransactional());
		assertThat(this.jdbc
			.sql("SELECT concat_ws(' ', result, keep_result, transactional) FROM pgdispatch.managed_job"
					+ " ORDER BY id")
			.query(String.class)
			.list()).containsExactly("count 00:01:00", "f");
	}

	@Test
	void allThatIsAskedOfAHandlerIsKnown() {
		setQueue();
		long id = dispatch(Dispatch.handler("mailer.send", "{\"to\":\"Ada\"}")
			.maxAttempts(3)
			.backOff(BackOff.DEFAULT)
			.timeLimit(Duration.ofSeconds(5))
			.key("a key")
			.onDuplicate(OnDuplicate.REPLACE)
			.orderingKey("an order")
			.queue("slow")
			.fairKey("acme")
			.priority(60)
			.keepResult(Duration.ofHours(2)));
		assertThat(this.statements).hasSize(1);
		assertThat(is("""
				id = %s AND handler = 'mailer.send' AND arguments::text = '{"to":"Ada"}' AND headers ->> 'trace' = '7'
				    AND managed AND wants_result AND time_limit = '5 s' FROM pgdispatch.handler_job""".formatted(id)))
			.isTrue();
		assertThat(
				is("""
						max_attempts = 3 AND back_off = '1 s' AND back_off_multiplier = 2 AND max_back_off = '10 min'
						    AND key = 'a key' AND ordering_key = 'an order' AND on_failure IS NULL AND queue = 'slow'
						    AND fair_key = 'acme' AND priority = 60 AND result = 'value' AND keep_result = '2 hours' FROM pgdispatch.managed_job"""))
			.isTrue();
	}

	@Test
	void plainHandlerIsOneRow() {
		dispatch(Dispatch.handler("mailer.send", "{}"));
		assertThat(is("managed IS NULL FROM pgdispatch.handler_job")).isTrue();
		assertThat(managed()).isEmpty();
	}

	@Test
	void keyGivesTheFirstOne() {
		long first = dispatch(Dispatch.sql("SELECT 1").key("a"));
		assertThat(dispatch(Dispatch.sql("SELECT 2").key("a"))).isEqualTo(first);
		assertThat(commands()).containsExactly("SELECT 1");
		assertThat(dispatch(Dispatch.sql("SELECT 3").key("a").onDuplicate(OnDuplicate.REPLACE))).isEqualTo(first);
		assertThat(commands()).containsExactly("SELECT 3");
	}

	@Test
	void jobThatTheTransactionCannotSeeHasNoId() {
		TransactionTemplate repeatable = new TransactionTemplate(this.transactionManager);
		repeatable.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
		Long id = repeatable.execute((status) -> {
			this.template.fire("SELECT 'takes the snapshot'");
			this.jdbc.sql("SELECT pgdispatch.dispatch('SELECT 1', key => 'a')").query().singleRow();
			return this.template.dispatch(Dispatch.sql("SELECT 2").key("a"));
		});
		assertThat(id).isZero();
		assertThat(commands()).containsExactlyInAnyOrder("SELECT 'takes the snapshot'", "SELECT 1");
	}

	@Test
	void unknownQueueIsRefusedByTheDatabase() {
		assertThatExceptionOfType(DataAccessException.class)
			.isThrownBy(() -> dispatch(Dispatch.sql("SELECT 1").queue("nowhere")))
			.withMessageContaining("there is no queue nowhere");
	}

	@Test
	void fireAllIsOneStatement() {
		List<Map<String, Integer>> parameters = IntStream.range(0, 1000).mapToObj((id) -> Map.of("id", id)).toList();
		this.transaction.executeWithoutResult((status) -> this.template.fireAll("SELECT :id::int8", parameters));
		assertThat(this.statements).hasSize(1).first().asString().contains("pgdispatch.fire_all");
		assertThat(commands()).hasSize(1000)
			.startsWith("SELECT ('0'::integer)::int8", "SELECT ('1'::integer)::int8")
			.endsWith("SELECT ('999'::integer)::int8");
		assertThat(is("bool_and(max_attempts = 10) FROM pgdispatch.job")).isTrue();
		assertThat(managed()).isEmpty();
	}

	@Test
	void fireAllIsOneStatementWithOtherDefaultsToo() {
		this.template = template(new DispatchDefaults(3, BackOff.DEFAULT, Duration.ofSeconds(5)));
		this.transaction.executeWithoutResult((status) -> this.template.fireAll("SELECT :id",
				List.of(Map.of("id", 1), Map.of("id", 2), Map.of("id", 3))));
		assertThat(this.statements).hasSize(1);
		assertThat(commands()).containsExactly("SELECT ('1'::integer)", "SELECT ('2'::integer)",
				"SELECT ('3'::integer)");
		assertThat(is("count(*) = 3 AND bool_and(max_attempts = 3 AND time_limit = '5 s') FROM pgdispatch.managed_job"))
			.isTrue();
	}

	@Test
	void fireAllOfNothingDispatchesNothing() {
		this.transaction.executeWithoutResult((status) -> this.template.fireAll("SELECT :id", List.of()));
		assertThat(this.statements).isEmpty();
		assertThatExceptionOfType(IllegalTransactionStateException.class)
			.isThrownBy(() -> this.template.fireAll("SELECT :id", List.of()));
	}

	@Test
	void fireAllRefusesWhatFireDoes() {
		this.transaction.executeWithoutResult((status) -> {
			assertThatIllegalArgumentException()
				.isThrownBy(() -> this.template.fireAll("SELECT :id", List.of(Map.of("id", 1), Map.of())));
			assertThatIllegalArgumentException()
				.isThrownBy(() -> this.template.fireAll("SELECT :id", Collections.singletonList(null)));
		});
		assertThat(commands()).isEmpty();
	}

	private void setQueue() {
		this.jdbc.sql("SELECT pgdispatch.set_queue('slow', concurrency => 1)").query().singleRow();
	}

	private boolean is(String condition) {
		return this.jdbc.sql("SELECT " + condition).query(Boolean.class).single();
	}

	private List<Long> managed() {
		return this.jdbc.sql("SELECT id FROM pgdispatch.managed_job").query(Long.class).list();
	}

	private List<String> commands() {
		return this.jdbc.sql("SELECT command FROM pgdispatch.job ORDER BY id").query(String.class).list();
	}

	private static final class TracePropagator implements DispatchPropagator {

		@Override
		public void inject(Map<String, String> headers) {
			headers.put("trace", "7");
		}

		@Override
		public Scope extract(DispatchContext context) {
			throw new AssertionError("Nothing is run");
		}

	}

}
