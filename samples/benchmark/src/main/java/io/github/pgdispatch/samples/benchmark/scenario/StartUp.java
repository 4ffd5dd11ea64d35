package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

import io.github.pgdispatch.autoconfigure.PgDispatchAutoConfiguration;
import io.github.pgdispatch.autoconfigure.PgDispatchSchemaAutoConfiguration;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.measure.Rounds;
import io.github.pgdispatch.samples.benchmark.measure.Samples;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * How much longer an application takes to start, whose schema is up to date.
 */
public final class StartUp implements Scenario {

	private static final Rounds WARM = new Rounds(15);

	private static final Rounds COLD = new Rounds(10);

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		TestDatabase database = server.createDatabaseWithSchema();
		lines.accept(measure("start of an application", WARM, (application) -> () -> start(database, application)));
		lines.accept(measure("start of a JVM with an application", COLD,
				(application) -> () -> StartedJvm.measure(application, database.url())));
		server.drop(database);
	}

	private static Line measure(String what, Rounds rounds, Function<Class<?>, Measurement> start) throws Exception {
		Map<String, Measurement> measurements = new LinkedHashMap<>();
		measurements.put("with", start.apply(With.class));
		measurements.put("without", start.apply(Without.class));
		Comparison<String> millis = rounds.measure(measurements);
		double with = millis.of("with").median();
		double without = millis.of("without").median();
		return new Line("S12", what + ", with pg-dispatch more than without", Samples.of(with - without), "ms",
				Target.atMost(100), "%.0f ms against %.0f ms".formatted(with, without));
	}

	private static double start(TestDatabase database, Class<?> application) {
		long start = System.nanoTime();
		try (ConfigurableApplicationContext context = start(database.url(), application)) {
			return (System.nanoTime() - start) / 1e6;
		}
	}

	static ConfigurableApplicationContext start(String url, Class<?> application) {
		return new SpringApplicationBuilder(application).web(WebApplicationType.NONE)
			.registerShutdownHook(false)
			.run("--spring.main.banner-mode=off", "--spring.main.log-startup-info=false",
					"--spring.datasource.url=" + url, "--spring.datasource.username=app");
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ DataSourceAutoConfiguration.class, DataSourceTransactionManagerAutoConfiguration.class,
			TransactionAutoConfiguration.class, JdbcTemplateAutoConfiguration.class })
	static class Without {

		/**
		 * An application that has a database uses it when it starts.
		 */
		@Bean
		Object firstUse(JdbcTemplate jdbc) {
			return Integer.valueOf(jdbc.queryForObject("SELECT 1", Integer.class));
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ PgDispatchSchemaAutoConfiguration.class, PgDispatchAutoConfiguration.class })
	static class With extends Without {

	}

}
