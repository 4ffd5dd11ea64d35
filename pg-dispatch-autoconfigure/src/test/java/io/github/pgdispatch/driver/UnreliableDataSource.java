package io.github.pgdispatch.driver;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.concurrent.atomic.AtomicReference;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * A data source that loses answers of the database on request. The driver takes its
 * connections from it too, as it does not know how to open connections like these.
 */
final class UnreliableDataSource extends AbstractDataSource {

	private final DataSource target;

	private final AtomicReference<@Nullable String> lose = new AtomicReference<>();

	private final AtomicReference<@Nullable Runnable> beforeAnswerOfCommit = new AtomicReference<>();

	UnreliableDataSource(DataSource target) {
		this.target = target;
	}

	/**
	 * Has the next call of a function take effect without an answer to the node.
	 */
	void loseNextAnswer(String function) {
		this.lose.set(function);
	}

	/**
	 * Has the next commit take effect without an answer to the node.
	 */
	void loseNextAnswerOfCommit() {
		lateAnswerOfCommit(() -> {
			throw new IllegalStateException("The connection is lost");
		});
	}

	/**
	 * Has the answer of the next commit wait for an action. If the action fails, the
	 * answer is lost.
	 */
	void lateAnswerOfCommit(Runnable action) {
		this.beforeAnswerOfCommit.set(action);
	}

	boolean hasLostAnswer() {
		return this.lose.get() == null;
	}

	@Override
	public Connection getConnection() throws SQLException {
		return around(Connection.class, this.target.getConnection(), (method, result, arguments) -> {
			if (method.equals("commit")) {
				answerCommit();
			}
			String function = this.lose.get();
			boolean loses = function != null && method.equals("prepareStatement")
					&& ((String) arguments[0]).contains(function);
			return loses ? around(PreparedStatement.class, (PreparedStatement) result,
					(execute, answer, none) -> answer(execute, answer, function)) : result;
		});
	}

	private void answerCommit() throws SQLException {
		Runnable action = this.beforeAnswerOfCommit.getAndSet(null);
		if (action != null) {
			try {
				action.run();
			}
			catch (IllegalStateException ex) {
				throw new SQLException(ex.getMessage(), "08006");
			}
		}
	}

	private @Nullable Object answer(String method, @Nullable Object answer, String function) throws SQLException {
		if (method.startsWith("execute") && this.lose.compareAndSet(function, null)) {
			throw new SQLException("The connection is lost", "08006");
		}
		return answer;
	}

	@Override
	public Connection getConnection(String username, String password) throws SQLException {
		throw new SQLFeatureNotSupportedException();
	}

	private static <T> T around(Class<T> type, T target, Interceptor interceptor) {
		return type
			.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type }, (proxy, method, arguments) -> {
				try {
					return interceptor.after(method.getName(), method.invoke(target, arguments), arguments);
				}
				catch (InvocationTargetException ex) {
					throw ex.getTargetException();
				}
			}));
	}

	private interface Interceptor {

		@Nullable Object after(String method, @Nullable Object result, Object[] arguments) throws SQLException;

	}

}
