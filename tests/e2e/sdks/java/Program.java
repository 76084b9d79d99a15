/** A program that works for some seconds; the agent in the same process pushes what it sees. */
public class Program {
  static final java.util.List<byte[]> kept = new java.util.ArrayList<>();

  public static void main(String[] arguments) {
    long end = System.nanoTime() + Long.parseLong(arguments[0]) * 1_000_000;
    while (System.nanoTime() < end) hotLoop();
  }

  static void hotLoop() {
    double sum = 0;
    for (int i = 0; i < 1_000_000; i++) sum += Math.sqrt(i);
    kept.add(new byte[100_000 + (int) sum % 2]);
    if (kept.size() > 100) kept.clear();
  }
}
